import { render, screen } from '@testing-library/react';
import { ListTable } from './ListTable';

describe('ListTable', () => {
  const items = [
    { ref: 'a', name: 'churn', versions: 3 },
    { ref: 'b', name: 'fraud', versions: 1 },
  ];

  it('names the table, its columns and its rows for a screen reader', () => {
    render(
      <ListTable
        label="Models"
        columns={[
          { id: 'name', label: 'Model', isRowHeader: true, cell: m => m.name },
          { id: 'versions', label: 'Versions', cell: m => m.versions },
        ]}
        items={items}
        keyOf={({ ref }) => ref}
      />,
    );
    expect(screen.getByRole('table', { name: 'Models' })).toBeTruthy();
    expect(screen.getByRole('columnheader', { name: 'Model' })).toBeTruthy();
    expect(screen.getByRole('rowheader', { name: 'fraud' })).toBeTruthy();
    expect(screen.getByRole('row', { name: 'churn 3' })).toBeTruthy();
  });

  it('draws each cell once', () => {
    const cell = jest.fn((model: { name: string }) => model.name);
    render(
      <ListTable
        label="Models"
        columns={[{ id: 'name', label: 'Model', share: 2, cell }]}
        items={items}
        keyOf={({ ref }) => ref}
      />,
    );
    expect(cell).toHaveBeenCalledTimes(2);
  });
});
