import { screen } from '@testing-library/react';
import { GatesCard } from './GatesCard';
import { anEntity, show } from './__testUtils__/showCard';

describe('the cards', () => {
  it('say what a version has to show', async () => {
    const evaluation = { gates: [{ metric: 'val_auc', min: 0.97 }] };
    show(
      <GatesCard />,
      anEntity('Model', { evaluation, risk: 'high', approvals: 2 }),
    );
    expect(
      await screen.findByText('val_auc is at least 0.97'),
    ).toBeInTheDocument();
    expect(screen.getByText('Risk: high · approvals: 2')).toBeInTheDocument();
  });
});
