export const read = 'the application\'s own module';
