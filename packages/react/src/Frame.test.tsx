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
    await show({ loading: true, retry });
    expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument();
  });

  it('says what to do when there is nothing', async () => {
    await show({ loading: false, value: [], retry });
    expect(screen.getByText('No models yet')).toBeInTheDocument();
    expect(screen.getByText('Create one from a template')).toBeInTheDocument();
  });

  it('gives the reason of a failure and tries again', async () => {
    await show({
      loading: false,
      error: new Error('The registry is down'),
      retry,
    });
    expect(screen.getByText('The registry is down')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(retry).toHaveBeenCalled();
  });

  it('keeps showing what it knows when a later fetch fails', async () => {
    await show({
      loading: false,
      value: ['churn'],
      error: new Error('gone'),
      retry,
    });
    expect(screen.getByText('churn')).toBeInTheDocument();
    expect(screen.getByText('gone')).toBeInTheDocument();
  });
});
