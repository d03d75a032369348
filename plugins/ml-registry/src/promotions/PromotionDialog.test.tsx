import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  aModel,
  aModelEntity,
  aPromotion,
  aVersion,
} from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { PromotionDialog } from './PromotionDialog';

const passing = aVersion({ gates: [aVersion().gates[0]] });

describe('PromotionDialog', () => {
  it('keeps the request shut while a gate fails, and says how it would pass', async () => {
    renderWithRegistry(
      <PromotionDialog
        version={aVersion()}
        onClose={jest.fn()}
        onRequested={jest.fn()}
      />,
      {
        registry: fakeRegistry({ models: [aModel()], versions: [aVersion()] }),
      },
    );
    expect(
      await screen.findByText('This version cannot be promoted now'),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/Train with a lower threshold/),
    ).toBeInTheDocument();
    expect(screen.getByText('at least 0.92')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Request promotion' }),
    ).toBeDisabled();
  });

  it('compares with production, and asks with the reason given', async () => {
    const requestPromotion = jest.fn(async () => aPromotion({ id: 'p9' }));
    const onRequested = jest.fn();
    renderWithRegistry(
      <PromotionDialog
        version={passing}
        evaluation={aModelEntity.spec.evaluation}
        onClose={jest.fn()}
        onRequested={onRequested}
      />,
      {
        registry: fakeRegistry(
          { models: [aModel()], versions: [passing] },
          { requestPromotion },
        ),
      },
    );
    expect(await screen.findByText('+0.013 (better)')).toBeInTheDocument();
    await userEvent.type(
      screen.getByLabelText('Why this version?'),
      'Better in November',
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Request promotion' }),
    );
    expect(requestPromotion).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy', version: 2 },
      body: { to: 'production', reason: 'Better in November' },
    });
    expect(onRequested).toHaveBeenCalledWith('p9');
  });

  it('stays open with the reason when the server refuses', async () => {
    const onRequested = jest.fn();
    renderWithRegistry(
      <PromotionDialog
        version={passing}
        onClose={jest.fn()}
        onRequested={onRequested}
      />,
      {
        registry: fakeRegistry(
          { models: [aModel()], versions: [passing] },
          {
            requestPromotion: async () => {
              throw new Error('Another promotion of this version is open');
            },
          },
        ),
      },
    );
    const button = await screen.findByRole('button', {
      name: 'Request promotion',
    });
    await screen.findByText('Passed');
    await userEvent.click(button);
    expect(
      await screen.findByText('Another promotion of this version is open'),
    ).toBeInTheDocument();
    expect(onRequested).not.toHaveBeenCalled();
  });
});
