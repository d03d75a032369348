import { describeLogStore } from './describeLogStore';
import { InMemoryLogStore } from './InMemoryLogStore';

describeLogStore('in memory', async ({ mostBytes }) => {
  const logs = new Map<string, Buffer>();
  return {
    store: new InMemoryLogStore({ logs, mostBytes }),
    reopened: async () => new InMemoryLogStore({ logs, mostBytes }),
    close: async () => {},
  };
});
