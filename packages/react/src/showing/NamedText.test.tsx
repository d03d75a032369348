import { screen } from '@testing-library/react';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { NamedText, Reason } from './NamedText';

describe('a sentence of a server', () => {
  it('shows people and groups by name', async () => {
    const refused = new Error(
      'This belongs to group:default/credit-risk, and user:default/cleo is not one of its owners (group:default/credit)',
    );
    renderInTestApp(
      <p data-testid="why">
        <Reason error={refused} />
      </p>,
    );
    expect(await screen.findByTestId('why')).toHaveTextContent(
      'This belongs to credit-risk, and cleo is not one of its owners (credit)',
    );
  });

  it('leaves everything else as it is', async () => {
    const text = 'models:/x and dataset:default/masses are no people';
    renderInTestApp(<NamedText text={text} />);
    expect(await screen.findByText(text)).toBeInTheDocument();
  });

  it('shows them as a page wants them', async () => {
    renderInTestApp(
      <NamedText
        text="Submitted by user:default/ann."
        as={ref => <a href="/ann">{ref}</a>}
      />,
    );
    expect(
      await screen.findByRole('link', { name: 'user:default/ann' }),
    ).toBeInTheDocument();
  });
});
