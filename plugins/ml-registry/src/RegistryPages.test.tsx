import { screen } from '@testing-library/react';
import { fakeRegistry } from './__testUtils__/fakeRegistry';
import { renderWithRegistry } from './__testUtils__/renderWithRegistry';
import { RegistryPages } from './RegistryPages';

describe('the pages below /models', () => {
  it.each(['/nothing', '/runs/1/more'])(
    'tell %s, which is none of them, as not found',
    async path => {
      renderWithRegistry(<RegistryPages health={[]} />, {
        registry: fakeRegistry(),
        path,
      });
      expect(await screen.findByText(/PAGE NOT FOUND/)).toBeInTheDocument();
    },
  );
});
