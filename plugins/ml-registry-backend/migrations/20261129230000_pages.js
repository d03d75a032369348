/**
 * Indexes in the order of the lists that are read page by page.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.index(['created_at', 'id'], 'promotions_page_idx');
    table.index(['state', 'created_at', 'id'], 'promotions_state_page_idx');
  });
  await knex.schema.alterTable('experiments', table => {
    table.index(
      ['lifecycle_stage', 'last_update_time', 'experiment_id'],
      'experiments_page_idx',
    );
  });
  // By bytes, as the names are paged; the condition is that of LedgerStore.
  const name =
    knex.client.config.client === 'pg' ? '(name COLLATE "C")' : 'name';
  await knex.raw(
    `CREATE INDEX ledger_production_idx ON ledger (${name}, at)
     WHERE (to_stage = 'production' OR from_stage = 'production' OR action IN ('renamed', 'deleted', 'version-deleted'))`,
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.raw('DROP INDEX ledger_production_idx');
  await knex.schema.alterTable('experiments', table => {
    table.dropIndex([], 'experiments_page_idx');
  });
  await knex.schema.alterTable('promotions', table => {
    table.dropIndex([], 'promotions_state_page_idx');
    table.dropIndex([], 'promotions_page_idx');
  });
};
