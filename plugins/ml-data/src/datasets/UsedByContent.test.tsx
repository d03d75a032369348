import { screen } from '@testing-library/react';
import { UsedByContent } from './UsedByContent';
import { dataset } from '../testUtils';
import { show } from '../__testUtils__/show';

describe('UsedByContent', () => {
  it('names models that learn from it and what is missing', async () => {
    show(<UsedByContent />, { entity: dataset });
    expect(await screen.findByText('tumour-malignancy')).toBeInTheDocument();
    expect(
      screen.getByText('No feature view is computed from it.'),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Open Training' })).toHaveAttribute(
      'href',
      '/training',
    );
  });
});
