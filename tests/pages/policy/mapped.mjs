export const mapped = 'mapped';
