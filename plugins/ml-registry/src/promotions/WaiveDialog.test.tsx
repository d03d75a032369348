import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aPromotion, aVersion } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import type { MlRegistryApi } from '../shared/api';
import { PromotionCard } from './PromotionCard';

const blocked = aPromotion({
  state: 'blocked',
  gates: [{ ...aVersion().gates[1], waivable: true }],
});

function show(
  options: {
    user?: string;
    groups?: string[];
    registry?: MlRegistryApi;
    promotion?: typeof blocked;
  } = {},
) {
  const { promotion = blocked, registry = fakeRegistry() } = options;
  const { user = 'user:default/eve', groups } = options;
  const onChanged = jest.fn();
  renderWithRegistry(
    <PromotionCard promotion={promotion} onChanged={onChanged} />,
    { user, groups, registry },
  );
  return onChanged;
}

describe('waiving a gate', () => {
  it('wants a reason, waives and shows the promotion again', async () => {
    const waiveGate = jest.fn(async () => blocked);
    const onChanged = show({ registry: fakeRegistry({}, { waiveGate }) });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Waive…' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('Waive “recall”')).toBeInTheDocument();
    const confirm = dialog.getByRole('button', { name: 'Waive this gate' });
    expect(confirm).toBeDisabled();
    await userEvent.type(dialog.getByLabelText(/Reason/), '   ');
    expect(confirm).toBeDisabled();
    await userEvent.type(dialog.getByLabelText(/Reason/), 'Known to be noisy');
    await userEvent.click(confirm);
    expect(waiveGate).toHaveBeenCalledWith({
      params: { id: 'p1' },
      body: { gate: 'recall', reason: 'Known to be noisy' },
    });
    expect(onChanged).toHaveBeenCalled();
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('stays open and says why it was refused', async () => {
    const onChanged = show({
      registry: fakeRegistry(
        {},
        {
          waiveGate: async () => {
            throw new Error('You made this version');
          },
        },
      ),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Waive…' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.type(dialog.getByLabelText(/Reason/), 'Known');
    await userEvent.click(
      dialog.getByRole('button', { name: 'Waive this gate' }),
    );
    expect(
      await dialog.findByText('You made this version'),
    ).toBeInTheDocument();
    expect(onChanged).not.toHaveBeenCalled();
  });

  it('does nothing when it is closed again', async () => {
    const waiveGate = jest.fn(async () => blocked);
    show({ registry: fakeRegistry({}, { waiveGate }) });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Waive…' }),
    );
    await screen.findByRole('dialog');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(waiveGate).not.toHaveBeenCalled();
  });

  it.each([
    ['the one who asked and made it', { user: 'user:default/ann' }],
    [
      'another team',
      { user: 'user:default/cleo', groups: ['group:default/credit'] },
    ],
    [
      'an owner whose group the rule does not name',
      {
        promotion: {
          ...blocked,
          approvalRule: {
            count: 1,
            roles: ['group:default/risk'],
            everyRole: true,
          },
        },
      },
    ],
    [
      'anybody while it is still on its way',
      { promotion: { ...blocked, state: 'checking' as const } },
    ],
  ])('is not offered to %s', async (_, options) => {
    show(options);
    await screen.findByText('recall');
    // The signed-in person is known when what depends on it is.
    await screen.findByText('Better on the held-out data of November');
    expect(screen.queryByRole('button', { name: 'Waive…' })).toBeNull();
  });
});
