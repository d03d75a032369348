import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Frame } from './Frame';
import type { Loaded } from './useLoad';

function show(value: Loaded<string[]>) {
  return renderInTestApp(
    <Frame
      value={value}
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
});
