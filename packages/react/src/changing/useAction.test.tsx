import { type ReactNode } from 'react';
import { toastApiRef } from '@backstage/frontend-plugin-api';
import { TestApiProvider } from '@backstage/frontend-test-utils';
import { act, renderHook } from '@testing-library/react';
import { useAction } from './useAction';

function renderAction() {
  const post = jest.fn();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <TestApiProvider apis={[[toastApiRef, { post }]]}>
      {children}
    </TestApiProvider>
  );
  return { post, ...renderHook(() => useAction(), { wrapper }) };
}

describe('a change a person asked for', () => {
  it('says in a toast that it worked, with the way to it', async () => {
    const { post, result } = renderAction();
    let worked = false;
    await act(async () => {
      worked = await result.current.run(async () => {}, {
        title: 'Job submitted',
        link: 'Open the job',
        href: '/training/jobs/j1',
      });
    });
    expect(worked).toBe(true);
    expect(result.current.pending).toBe(false);
    expect(post).toHaveBeenCalledWith(
      expect.objectContaining({
        title: 'Job submitted',
        links: [{ label: 'Open the job', href: '/training/jobs/j1' }],
      }),
    );
  });

  it('stays quiet when the page itself shows what changed', async () => {
    const { post, result } = renderAction();
    await act(async () => {
      await result.current.run(async () => {});
    });
    expect(post).not.toHaveBeenCalled();
  });

  it('keeps the reason when it did not work, until cleared', async () => {
    const { post, result } = renderAction();
    await act(async () => {
      await result.current.run(
        () => Promise.reject(new Error('Version 3 is archived.')),
        { title: 'Promoted' },
      );
    });
    expect(post).not.toHaveBeenCalled();
    expect(result.current.error?.message).toBe('Version 3 is archived.');
    act(() => result.current.clear());
    expect(result.current.error).toBeUndefined();
  });
});
