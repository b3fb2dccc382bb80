/** inBox is how the list of a box opens. A closed one draws nothing: a page has dozens, each with hundreds of places. */
export const inBox = { width: 380, position: 'bottom-start', keepMounted: false } as const;
