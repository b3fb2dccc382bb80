/** formId names the mapping and the connection of the form. */
export const formId = 'web-form';
