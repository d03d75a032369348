import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { GateList, GateSummary } from './GateList';

function aVerdict(change: Partial<GateVerdict>): GateVerdict {
  return {
    gate: 'auc',
    status: 'passed',
    saw: '0.994',
    wanted: 'at least 0.95',
    message: 'auc is 0.994',
    how: 'Train longer',
    ...change,
  };
}

const gates = [
  aVerdict({}),
  aVerdict({ gate: 'schema', status: 'warning', message: 'A column is new' }),
  aVerdict({
    gate: 'data quality',
    status: 'waived',
    waivable: true,
    waiver: {
      gate: 'data quality',
      by: 'user:default/eve',
      at: '2026-11-20T12:00:00.000Z',
      reason: 'The nine empty rows are known',
    },
  }),
  aVerdict({ gate: 'model card', status: 'failed', waivable: true }),
  aVerdict({ gate: 'files', status: 'failed' }),
  aVerdict({ gate: 'pickles', status: 'pending' }),
];

const itemOf = (gate: string) =>
  within(screen.getByText(gate).closest('li') ?? document.body);

const show = (element: JSX.Element) =>
  renderWithRegistry(element, { registry: fakeRegistry() });

describe('GateList', () => {
  it('says of a warning and of a waived gate that they are no pass, and who waived it and why', async () => {
    show(<GateList gates={gates} />);
    await screen.findByText('schema');
    expect(itemOf('schema').getByText('Warning')).toBeInTheDocument();
    expect(itemOf('data quality').getByText('Waived')).toBeInTheDocument();
    expect(
      itemOf('data quality').getByText(/The nine empty rows are known/),
    ).toHaveTextContent(/\beve: The nine empty rows are known/);
    expect(
      itemOf('data quality').getByRole('link', { name: 'eve' }),
    ).toHaveAttribute('href', '/catalog/default/user/eve');
    expect(itemOf('auc').queryByText('Train longer')).toBeNull();
    expect(itemOf('schema').getByText('Train longer')).toBeInTheDocument();
  });

  it('offers a waiver for a failed gate that may be waived, and for no other', async () => {
    const onWaive = jest.fn();
    show(<GateList gates={gates} onWaive={onWaive} />);
    const button = await screen.findByRole('button', { name: /Waive/ });
    expect(itemOf('model card').getByRole('button')).toBe(button);
    await userEvent.click(button);
    expect(onWaive).toHaveBeenCalledWith('model card');
  });

  it('offers no waiver to somebody who may not give one', async () => {
    show(<GateList gates={gates} />);
    await screen.findByText('model card');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('sums up with what lets the version pass, in the tone of the worst', async () => {
    show(<GateSummary gates={gates} />);
    expect(await screen.findByText('3 of 6 passed')).toBeInTheDocument();
  });

  it('says that a model without gates has none', async () => {
    show(<GateList gates={[]} />);
    expect(await screen.findByText(/gate/i)).toBeInTheDocument();
  });
});
