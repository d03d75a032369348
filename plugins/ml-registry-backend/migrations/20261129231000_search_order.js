/**
 * Indexes in the orders in which models and versions are searched. Later columns are sorted within the first one.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('model_versions', table => {
    table.index(['last_updated_time'], 'model_versions_updated_idx');
    table.index(['creation_time'], 'model_versions_created_idx');
  });
  const byBytes = sql =>
    knex.client.config.client === 'pg' ? `((${sql}) COLLATE "C")` : `(${sql})`;
  await knex.raw(
    `CREATE INDEX registered_models_bytes_idx ON registered_models (${byBytes(
      'name',
    )})`,
  );
  // The name as MLflow's clients see it; the expression is that of withMlflowNames.
  await knex.raw(
    `CREATE INDEX registered_models_mlflow_idx ON registered_models (${byBytes(
      "CASE WHEN name LIKE '%/%' THEN '__' || REPLACE(name, '/', '__') ELSE name END",
    )})`,
  );
  await knex.raw(
    'CREATE INDEX registered_models_any_owner_idx ON registered_models (COALESCE(owner, entity_owner))',
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const name of ['any_owner', 'mlflow', 'bytes']) {
    await knex.raw(`DROP INDEX registered_models_${name}_idx`);
  }
  await knex.schema.alterTable('model_versions', table => {
    table.dropIndex([], 'model_versions_created_idx');
    table.dropIndex([], 'model_versions_updated_idx');
  });
};
