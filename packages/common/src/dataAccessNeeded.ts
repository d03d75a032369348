/** The code of every refusal of guarded data, and of what came out of it. Its message says whom to ask. */
export const DATA_ACCESS_NEEDED = 'ml-data.access-needed';
