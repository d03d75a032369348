// Over http under any name but localhost a browser keeps some of its functions to itself. Backstage's signals ask for a
// random id when a page opens, and without one no page opens.
if (!globalThis.crypto.randomUUID) {
  globalThis.crypto.randomUUID = () => {
    const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
    // The version and the variant of RFC 9562.
    bytes[6] = 0x40 + (bytes[6] % 0x10);
    bytes[8] = 0x80 + (bytes[8] % 0x40);
    const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0'));
    const part = (from: number, to: number) => hex.slice(from, to).join('');
    return `${part(0, 4)}-${part(4, 6)}-${part(6, 8)}-${part(8, 10)}-${part(
      10,
      16,
    )}`;
  };
}
export {};
