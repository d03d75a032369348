// A limit ends a test that hangs; whether a test passes must not depend on what else the machine does. No limit is below a
// minute, whatever a test asks for. `npm test` sets DOWNSTAGE_TEST_PATIENCE, and gets a hundred seconds times that.
const patience = Number(process.env.DOWNSTAGE_TEST_PATIENCE ?? 0.6);
let asked = 0;
// Where `jest.setTimeout` leaves it, and where Jest looks.
Object.defineProperty(globalThis, Symbol.for('TEST_TIMEOUT_SYMBOL'), {
  configurable: true,
  get: () => Math.max(asked, 100_000 * patience),
  set: milliseconds => {
    asked = milliseconds;
  },
});
