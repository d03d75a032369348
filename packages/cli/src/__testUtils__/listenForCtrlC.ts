/**
 * Presses Ctrl-C for what a command does from now on. No signal is sent: a test backend in this process would end it.
 * `jest.restoreAllMocks` takes it back.
 */
export function listenForCtrlC(): { press: () => void } {
  const once = jest.spyOn(process, 'once');
  return {
    press: () => {
      for (const [event, listener] of once.mock.calls)
        if (event === 'SIGINT') listener();
    },
  };
}
