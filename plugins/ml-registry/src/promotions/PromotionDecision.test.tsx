import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aPromotion } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { PromotionDecision } from './PromotionDecision';

const waiting = aPromotion();

describe('PromotionDecision', () => {
  it('lets another member of the owning group approve with a comment', async () => {
    const approvePromotion = jest.fn(async () => waiting);
    const onChanged = jest.fn();
    renderWithRegistry(
      <PromotionDecision promotion={waiting} onChanged={onChanged} />,
      {
        user: 'user:default/eve',
        registry: fakeRegistry({}, { approvePromotion }),
      },
    );
    await userEvent.type(await screen.findByLabelText('Comment'), 'Agreed');
    await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
    expect(approvePromotion).toHaveBeenCalledWith({
      params: { id: 'p1' },
      body: { comment: 'Agreed' },
    });
    expect(onChanged).toHaveBeenCalled();
  });

  it('wants a reason before it rejects', async () => {
    renderWithRegistry(
      <PromotionDecision promotion={waiting} onChanged={jest.fn()} />,
      { user: 'user:default/eve', registry: fakeRegistry() },
    );
    expect(
      await screen.findByRole('button', { name: 'Reject' }),
    ).toBeDisabled();
    await userEvent.type(screen.getByLabelText('Comment'), 'Too few positives');
    expect(screen.getByRole('button', { name: 'Reject' })).toBeEnabled();
  });

  it('does not offer approval to the one who asked, and says why; withdrawing it does', async () => {
    renderWithRegistry(
      <PromotionDecision promotion={waiting} onChanged={jest.fn()} />,
      { user: 'user:default/ann', registry: fakeRegistry() },
    );
    expect(
      await screen.findByText(/You asked for this promotion/),
    ).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Withdraw' })).toBeEnabled();
  });

  it('offers nothing to another team, not even as an administrator', async () => {
    renderWithRegistry(
      <PromotionDecision promotion={waiting} onChanged={jest.fn()} />,
      {
        user: 'user:default/dora',
        groups: ['group:default/platform'],
        administrators: ['group:default/platform'],
        registry: fakeRegistry(),
      },
    );
    expect(
      await screen.findByText('Only members of the owning group can decide.'),
    ).toBeInTheDocument();
    expect(screen.queryByRole('button')).toBeNull();
  });
});
