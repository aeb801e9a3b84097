/** Processes, certificates. */
export const operationFields = {};
