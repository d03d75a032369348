import { screen } from '@testing-library/react';
import { UnownedCard } from './UnownedCard';
import { anEntity, show } from './__testUtils__/showCard';

describe('the cards', () => {
  it('say how to claim a model', async () => {
    show(<UnownedCard />, anEntity('Model', {}));
    expect(
      await screen.findByText('Nobody owns this model'),
    ).toBeInTheDocument();
    expect(screen.getByText(/name: x/)).toBeInTheDocument();
  });
});
