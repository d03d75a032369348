import { render, screen } from '@testing-library/react';
import { Facts } from './Facts';
import { PlainTable } from './PlainTable';

describe('facts and tables of them', () => {
  it('leaves out a fact without a value, and keeps a zero', () => {
    render(
      <Facts
        facts={[
          { label: 'Rows', value: 0 },
          { label: 'Owner', value: undefined },
          { label: 'Message', value: '' },
        ]}
      />,
    );
    expect(screen.getByText('Rows')).toBeTruthy();
    expect(screen.getByText('0')).toBeTruthy();
    expect(screen.queryByText('Owner')).toBeNull();
    expect(screen.queryByText('Message')).toBeNull();
  });

  it('names the table, its columns and its rows for a screen reader', () => {
    render(
      <PlainTable
        caption="Gates"
        columns={['Gate', 'Saw']}
        rows={[{ key: 'a', cells: ['accuracy', '0.97'] }]}
      />,
    );
    expect(screen.getByRole('table', { name: 'Gates' })).toBeTruthy();
    expect(screen.getByRole('columnheader', { name: 'Saw' })).toBeTruthy();
    expect(screen.getByRole('rowheader', { name: 'accuracy' })).toBeTruthy();
  });

  it('shows at its edge that a wide table goes on', () => {
    const size = jest
      .spyOn(Element.prototype, 'scrollWidth', 'get')
      .mockReturnValue(900);
    const { container } = render(
      <PlainTable
        caption="Gates"
        columns={['Gate']}
        rows={[{ key: 'a', cells: ['accuracy'] }]}
      />,
    );
    expect(container.querySelector('[aria-hidden]')).not.toBeNull();
    size.mockRestore();
  });

  it('says so instead of a table without rows', () => {
    render(
      <PlainTable caption="Gates" columns={[]} rows={[]} empty="No gates." />,
    );
    expect(screen.getByText('No gates.')).toBeTruthy();
    expect(screen.queryByRole('table')).toBeNull();
  });
});
