import { screen } from '@testing-library/react';
import { fakeRegistry } from '../../__testUtils__/fakeRegistry';
import { aRun } from '../../__testUtils__/examples';
import { aTablePage } from '../../__testUtils__/fakeRunPages';
import { renderWithRegistry } from '../../__testUtils__/renderWithRegistry';
import { toRows } from '../domain/runRow';
import { RunCell } from './RunCell';

describe('RunCell', () => {
  it('says the name of the experiment that came with the run', async () => {
    const [row] = toRows(aTablePage([aRun({ experimentName: 'study-240' })]));
    renderWithRegistry(<RunCell row={row} column="experiment" />, {
      registry: fakeRegistry(),
    });
    expect(await screen.findByText('study-240')).toBeInTheDocument();
  });
});
