import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Frame } from './Frame';
import type { Loaded } from './useLoad';

function show(
  value: Loaded<string[]> & { next?: () => void },
  elsewhere?: { href: string; label: string },
) {
  return renderInTestApp(
    <Frame
      value={value}
      elsewhere={elsewhere}
      isEmpty={items => !items.length}
      empty={{
        title: 'No models yet',
        description: 'Create one from a template',
      }}
    >
      {items => <p>{items.join(', ')}</p>}
    </Frame>,
  );
}

describe('Frame', () => {
  const retry = jest.fn();

  it('shows that something is loading', async () => {
    show({ loading: true, retry });
    expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument();
  });

  it('says what to do when there is nothing', async () => {
    show({ loading: false, value: [], retry });
    expect(screen.getByText('No models yet')).toBeInTheDocument();
    expect(screen.getByText('Create one from a template')).toBeInTheDocument();
  });

  it('says of a page without items that has neighbours not that there is nothing', async () => {
    show({ loading: false, value: [], retry, next: () => {} });
    expect(screen.queryByText('No models yet')).not.toBeInTheDocument();
  });

  it('gives the reason of a failure and tries again', async () => {
    show({
      loading: false,
      error: new Error('The registry is down'),
      retry,
    });
    expect(screen.getByText('The registry is down')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(retry).toHaveBeenCalled();
  });

  it.each([
    [403, 'NotAllowedError', 'This is not open to you'],
    [404, 'NotFoundError', 'There is nothing here'],
  ])(
    'says a %i as the answer that it is, with nothing to try again',
    async (statusCode, name, title) => {
      const cause = Object.assign(new Error('Only administrators may import'), {
        name,
      });
      const error = Object.assign(new Error('Request failed', { cause }), {
        name: 'ResponseError',
        statusCode,
      });
      show({ loading: false, error, retry });
      expect(await screen.findByText(title)).toBeInTheDocument();
      expect(
        screen.getByText('Only administrators may import'),
      ).toBeInTheDocument();
      expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
    },
  );

  it.each([
    ['NotFoundError', 1],
    ['NotAllowedError', 0],
  ])('leads from a %s to %i lists', async (name, links) => {
    const error = Object.assign(new Error('No'), { name });
    show(
      { loading: false, error, retry },
      { href: '/training', label: 'Show all jobs' },
    );
    expect(await screen.findByText('No')).toBeInTheDocument();
    expect(
      screen.queryAllByRole('link', { name: 'Show all jobs' }),
    ).toHaveLength(links);
  });

  it('keeps showing what it knows when a later fetch fails', async () => {
    show({
      loading: false,
      value: ['churn'],
      error: new Error('gone'),
      retry,
    });
    expect(screen.getByText('churn')).toBeInTheDocument();
    expect(screen.getByText('gone')).toBeInTheDocument();
  });

  it('says in a tile below what is known that it is old', async () => {
    renderInTestApp(
      <Frame
        isNarrow
        value={{ loading: false, value: 7, error: new Error('gone'), retry }}
      >
        {value => <p>{value} models</p>}
      </Frame>,
    );
    const known = await screen.findByText('7 models');
    const notice = screen.getByText('Shown as it was last seen');
    expect(known.compareDocumentPosition(notice)).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
    // The button is among the words: beside them a tile has no room.
    expect(
      screen.getByText('gone').closest('div')?.parentElement,
    ).toContainElement(screen.getByRole('button', { name: 'Try again' }));
  });
});
