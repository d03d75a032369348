// @ts-check

/**
 * Models of other namespaces than `default`: their name in all tables is `credit/churn`. No name held a slash before, so
 * every model that is here keeps its name and stays in `default`, also one called `__credit__churn`. A portal from before
 * does not know such names, and stops at this migration.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  // It was never written, and the name says it.
  await knex.raw('ALTER TABLE model_entities DROP COLUMN namespace');
  await knex.raw(
    'CREATE INDEX registered_models_any_case_idx ON registered_models (LOWER(name))',
  );
  if (knex.client.config.client === 'pg') {
    await knex.raw(
      "COMMENT ON COLUMN registered_models.name IS 'churn in the namespace default, credit/churn in others'",
    );
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  const [model] = await knex('registered_models')
    .where('name', 'like', '%/%')
    .limit(1)
    .select('name');
  if (model) {
    throw new Error(
      `The model ${model.name} is in a namespace, which the version before does not know; delete or rename it first`,
    );
  }
  await knex.raw('DROP INDEX registered_models_any_case_idx');
  await knex.schema.alterTable('model_entities', table => {
    table.string('namespace', 63).notNullable().defaultTo('default');
  });
};
