// A file of its own, served before electron.js where the application wants pages to do something about their connection.

import { attend } from './attend.js';

globalThis[Symbol.for('exciton.attend')] = attend;
