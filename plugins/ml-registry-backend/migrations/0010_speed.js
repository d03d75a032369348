// @ts-check

/**
 * Indexes for searches among many runs. The one of latest metrics holds all that a filter and an order by a metric
 * read. Params and tags are found by key and the first hundred characters of their value, because values may be longer
 * than an index takes; queries name the same expression. Points of a metric are found by step as well, for charts that
 * take a few of many.
 *
 * On PostgreSQL a foreign key of points costs a third of a batch, one check per point, though the statement that writes
 * them has locked their run. A trigger takes its place where it mattered: points go when their run goes.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  if (knex.client.config.client === 'pg') {
    await knex.schema.alterTable('metrics', table =>
      table.dropForeign('run_id'),
    );
    await knex.raw(`CREATE FUNCTION delete_points_of_runs() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM metrics WHERE run_id IN (SELECT run_id FROM gone);
        RETURN NULL;
      END $$`);
    await knex.raw(`CREATE TRIGGER delete_points_of_runs AFTER DELETE ON runs
      REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_points_of_runs()`);
  }
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
  if (knex.client.config.client === 'pg') {
    await knex.raw('DROP TRIGGER delete_points_of_runs ON runs');
    await knex.raw('DROP FUNCTION delete_points_of_runs()');
    await knex.schema.alterTable('metrics', table => {
      table.foreign('run_id').references('runs.run_id').onDelete('CASCADE');
    });
  }
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
