/** How the SDK names what the server answered: `NoSuchKey`, `NoSuchUpload`. */
export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** The HTTP status of the answer, when there was one. */
export function statusOf(error: unknown): number | undefined {
  if (
    typeof error !== 'object' ||
    error === null ||
    !('$metadata' in error) ||
    typeof error.$metadata !== 'object' ||
    error.$metadata === null ||
    !('httpStatusCode' in error.$metadata)
  ) {
    return undefined;
  }
  return Number(error.$metadata.httpStatusCode);
}
