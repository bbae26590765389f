'use strict';
// What only the application's own pages may read.
window.readByForeigners = 'the application\'s own file';
