import { renderInTestApp } from '@backstage/frontend-test-utils';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { PageError } from './PageError';

const missing = Object.assign(new Error('Loading chunk 3181 failed.'), {
  name: 'ChunkLoadError',
});

describe('a page whose code is not there', () => {
  const realFetch = globalThis.fetch;
  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  it('starts the window again once the portal answers', async () => {
    const reload = jest.fn();
    globalThis.fetch = jest
      .fn()
      .mockRejectedValueOnce(new TypeError('Failed to fetch'))
      .mockResolvedValue(new Response());
    renderInTestApp(
      <PageError error={missing} resetError={jest.fn()} reload={reload} />,
    );
    expect(
      await screen.findByText('This page could not be loaded'),
    ).toBeInTheDocument();
    expect(screen.queryByText(/chunk/i)).not.toBeInTheDocument();

    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByText(/The portal still does not answer/),
    ).toBeInTheDocument();
    expect(reload).not.toHaveBeenCalled();

    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  });

  it('keeps what any other error says, and draws the page again', async () => {
    const resetError = jest.fn();
    renderInTestApp(
      <PageError error={new Error('No such unit')} resetError={resetError} />,
    );
    expect((await screen.findAllByText(/No such unit/))[0]).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(resetError).toHaveBeenCalledTimes(1);
  });
});
