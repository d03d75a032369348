import { open } from 'node:fs/promises';

/** Lets every write of this process's `FileHandle`s fail as on a full disk, until `mockRestore`. */
export async function fillDisk() {
  const handle = await open(__filename);
  const prototype: typeof handle = Object.getPrototypeOf(handle);
  await handle.close();
  return jest.spyOn(prototype, 'writev').mockRejectedValue(
    Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    }),
  );
}
