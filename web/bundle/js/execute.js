// A file of its own, which the host sends along with the first script that it wants a page to run: most applications want
// none.

import { execute } from './execution.js';

globalThis[Symbol.for('exciton.execute')] = execute;
