// @ts-check

/**
 * Indexes for searches among many runs. The one of latest metrics holds all that a filter and an order by a metric
 * read. Params and tags are found by key and the first hundred characters of their value, because values may be longer
 * than an index takes; queries name the same expression. Points of a metric are found by step as well, for charts that
 * take a few of many.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('latest_metrics', table => {
    table.index(
      ['key', 'is_nan', 'value', 'run_id'],
      'latest_metrics_order_idx',
    );
    table.dropIndex(['key', 'value'], 'latest_metrics_value_idx');
  });
  await knex.schema.alterTable('metrics', table => {
    table.index(['run_id', 'key', 'step'], 'metrics_step_idx');
  });
  for (const name of ['params', 'run_tags']) {
    await knex.raw(
      `CREATE INDEX ${name}_value_idx ON ${name} (key, substr(value, 1, 100), run_id)`,
    );
    await knex.schema.alterTable(name, table => {
      table.dropIndex(['key', 'run_id'], `${name}_key_idx`);
    });
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const name of ['params', 'run_tags']) {
    await knex.schema.alterTable(name, table => {
      table.index(['key', 'run_id'], `${name}_key_idx`);
    });
    await knex.raw(`DROP INDEX ${name}_value_idx`);
  }
  await knex.schema.alterTable('metrics', table => {
    table.dropIndex(['run_id', 'key', 'step'], 'metrics_step_idx');
  });
  await knex.schema.alterTable('latest_metrics', table => {
    table.index(['key', 'value'], 'latest_metrics_value_idx');
    table.dropIndex(
      ['key', 'is_nan', 'value', 'run_id'],
      'latest_metrics_order_idx',
    );
  });
};
