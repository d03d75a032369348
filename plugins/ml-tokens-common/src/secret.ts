/** How every token begins, so that scanners of secrets and people know it. */
export const tokenPrefix = 'dst_';

/** What scanners of secrets look for: the prefix, 43 characters of secret, 6 of checksum. */
export const tokenPattern = /^dst_[0-9A-Za-z]{49}$/;
