// @ts-check

/**
 * Tracking and registry tables. Times are milliseconds since the epoch (what
 * MLflow speaks) in bigint columns. Stages are ours: none, staging, candidate,
 * production, archived. `owner` is an entity ref; null means "nobody in
 * particular": everyone who may track may write.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('experiments', table => {
    table.comment(
      'MLflow experiments; names are unique, deleted ones included',
    );
    table.increments('experiment_id').comment('A string of digits to clients');
    table.string('name', 500).notNullable().unique();
    table.text('artifact_location').notNullable();
    table.string('lifecycle_stage', 32).notNullable().defaultTo('active');
    table.bigInteger('creation_time').notNullable();
    table.bigInteger('last_update_time').notNullable();
    table.string('owner', 255).comment('Entity ref that may write here');
    table.string('created_by', 255).comment('Who created it: user or service');
  });
  await knex.schema.createTable('experiment_tags', table => {
    table.comment('Tags of experiments');
    table
      .integer('experiment_id')
      .notNullable()
      .references('experiments.experiment_id')
      .onDelete('CASCADE');
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['experiment_id', 'key']);
  });

  await knex.schema.createTable('runs', table => {
    table.comment('One execution of training code');
    table.string('run_id', 64).primary().comment('32 hex digits');
    table
      .integer('experiment_id')
      .notNullable()
      .references('experiments.experiment_id');
    table.text('name').notNullable();
    table.string('status', 20).notNullable().comment('RUNNING, FINISHED, ...');
    table.string('user_id', 255).notNullable().defaultTo('');
    table.bigInteger('start_time').notNullable();
    table.bigInteger('end_time');
    table.string('lifecycle_stage', 32).notNullable().defaultTo('active');
    table.bigInteger('deleted_time');
    table.text('artifact_uri').notNullable();
    table.string('owner', 255).comment('Entity ref that may write to the run');
    table.string('created_by', 255).comment('user:…, job:… or service:…');
    table.string('job_id', 64).comment('The job whose token created the run');
    table.index(
      ['experiment_id', 'lifecycle_stage', 'start_time', 'run_id'],
      'runs_newest_idx',
    );
    table.index(['job_id'], 'runs_job_idx');
  });
  await knex.schema.createTable('run_tags', table => {
    table.comment('Tags of runs; the last value wins');
    runReference(table);
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['run_id', 'key']);
    table.index(['key', 'run_id'], 'run_tags_key_idx');
  });
  await knex.schema.createTable('params', table => {
    table.comment('Parameters of runs; written once');
    runReference(table);
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['run_id', 'key']);
    table.index(['key', 'run_id'], 'params_key_idx');
  });
  await knex.schema.createTable('metrics', table => {
    table.comment('Every point of every metric; a repeated point is one row');
    runReference(table);
    table.string('key', 250).notNullable();
    table.bigInteger('timestamp').notNullable();
    table.bigInteger('step').notNullable().defaultTo(0);
    table.double('value').notNullable().comment('0 when is_nan');
    table.boolean('is_nan').notNullable().defaultTo(false);
    table.primary(['run_id', 'key', 'timestamp', 'step', 'value', 'is_nan']);
  });
  await knex.schema.createTable('latest_metrics', table => {
    table.comment('The point with the greatest (step, timestamp, value)');
    runReference(table);
    table.string('key', 250).notNullable();
    table.bigInteger('timestamp').notNullable();
    table.bigInteger('step').notNullable().defaultTo(0);
    table.double('value').notNullable();
    table.boolean('is_nan').notNullable().defaultTo(false);
    table.primary(['run_id', 'key']);
    table.index(['key', 'value'], 'latest_metrics_value_idx');
  });

  await knex.schema.createTable('datasets', table => {
    table.comment('Dataset inputs as MLflow names them: name and digest');
    table.string('dataset_id', 36).primary();
    table
      .integer('experiment_id')
      .notNullable()
      .references('experiments.experiment_id')
      .onDelete('CASCADE');
    table.string('name', 500).notNullable();
    table.string('digest', 36).notNullable();
    table.text('source_type').notNullable();
    table.text('source').notNullable();
    table.text('schema');
    table.text('profile');
    table.unique(['experiment_id', 'name', 'digest']);
  });
  await knex.schema.createTable('run_datasets', table => {
    table.comment('Which run read which dataset');
    runReference(table);
    table
      .string('dataset_id', 36)
      .notNullable()
      .references('datasets.dataset_id')
      .onDelete('CASCADE');
    table.string('context', 255).comment('Tag mlflow.data.context');
    table.text('tags').notNullable().defaultTo('{}').comment('JSON object');
    table.primary(['run_id', 'dataset_id']);
  });

  await knex.schema.createTable('logged_models', table => {
    table.comment('Models as logged by a run, before they are registered');
    table.string('model_id', 64).primary().comment('m- and 32 hex digits');
    table
      .integer('experiment_id')
      .notNullable()
      .references('experiments.experiment_id');
    table.string('name', 500).notNullable();
    table.text('artifact_location').notNullable();
    table.bigInteger('creation_time').notNullable();
    table.bigInteger('last_updated_time').notNullable();
    table.string('status', 40).notNullable().comment('LOGGED_MODEL_READY, ...');
    table.text('status_message');
    table.string('model_type', 500).notNullable().defaultTo('');
    table.string('source_run_id', 64).notNullable().defaultTo('');
    table.string('lifecycle_stage', 32).notNullable().defaultTo('active');
    table.string('owner', 255);
    table.string('created_by', 255);
    table.index(['experiment_id', 'creation_time'], 'logged_models_newest_idx');
    table.index(['source_run_id'], 'logged_models_run_idx');
  });
  for (const [name, what] of [
    ['logged_model_tags', 'Tags of logged models'],
    ['logged_model_params', 'Parameters of logged models'],
  ]) {
    await knex.schema.createTable(name, table => {
      table.comment(what);
      modelReference(table);
      table.string('key', 250).notNullable();
      table.text('value').notNullable();
      table.primary(['model_id', 'key']);
    });
  }
  await knex.schema.createTable('logged_model_metrics', table => {
    table.comment('Metrics of logged models, with the dataset they speak of');
    modelReference(table);
    table.string('key', 250).notNullable();
    table.bigInteger('timestamp').notNullable();
    table.bigInteger('step').notNullable().defaultTo(0);
    table.double('value').notNullable();
    table.boolean('is_nan').notNullable().defaultTo(false);
    table.string('run_id', 64).notNullable();
    table.string('dataset_name', 500).notNullable().defaultTo('');
    table.string('dataset_digest', 36).notNullable().defaultTo('');
    table.primary(['model_id', 'key', 'timestamp', 'step', 'run_id']);
  });
  await knex.schema.createTable('run_models', table => {
    table.comment('Logged models a run read or wrote');
    runReference(table);
    modelReference(table);
    table.string('direction', 8).notNullable().comment('input or output');
    table.bigInteger('step').notNullable().defaultTo(0);
    table.primary(['run_id', 'model_id', 'direction']);
  });

  await knex.schema.createTable('registered_models', table => {
    table.comment(
      'Registered models; the name is that of model:default/<name>',
    );
    table.string('name', 256).primary();
    table.bigInteger('creation_time').notNullable();
    table.bigInteger('last_updated_time').notNullable();
    table.text('description');
    table
      .integer('last_version')
      .notNullable()
      .defaultTo(0)
      .comment('Ever made');
    table.string('owner', 255).comment('Used while no entity says otherwise');
    table.string('created_by', 255);
  });
  await knex.schema.createTable('registered_model_tags', table => {
    table.comment('Tags of registered models');
    registeredReference(table);
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['name', 'key']);
  });
  await knex.schema.createTable('model_versions', table => {
    table.comment('Versions of registered models');
    registeredReference(table);
    table.integer('version').notNullable();
    table.bigInteger('creation_time').notNullable();
    table.bigInteger('last_updated_time').notNullable();
    table.text('description');
    table
      .string('created_by', 255)
      .comment('The person (or service) behind it');
    table
      .string('stage', 20)
      .notNullable()
      .defaultTo('none')
      .comment('none, staging, candidate, production, archived');
    table.text('source').notNullable().comment('As the client named it');
    table.text('storage_location').notNullable().comment('Where artifacts lie');
    table.string('run_id', 64);
    table.text('run_link');
    table.string('model_id', 64).comment('The logged model, when there is one');
    table.string('status', 40).notNullable().defaultTo('READY');
    table.text('status_message');
    table.primary(['name', 'version']);
    table.index(['run_id'], 'model_versions_run_idx');
    table.index(['stage'], 'model_versions_stage_idx');
  });
  await knex.schema.createTable('model_version_tags', table => {
    table.comment('Tags of model versions');
    table.string('name', 256).notNullable();
    table.integer('version').notNullable();
    table.string('key', 250).notNullable();
    table.text('value').notNullable();
    table.primary(['name', 'version', 'key']);
    table
      .foreign(['name', 'version'])
      .references(['name', 'version'])
      .inTable('model_versions')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
  });
  await knex.schema.createTable('registered_model_aliases', table => {
    table.comment('Aliases of versions; champion and challenger follow stages');
    registeredReference(table);
    table.string('alias', 255).notNullable();
    table.integer('version').notNullable();
    table.primary(['name', 'alias']);
  });

  await knex.schema.createTable('artifacts', table => {
    table.comment('What was uploaded: size and checksum as received');
    table.string('path_sha256', 64).primary().comment('Short key of the path');
    table.text('path').notNullable().comment('Path in the artifact store');
    table.bigInteger('size').notNullable();
    table.string('sha256', 64).notNullable();
    table.bigInteger('created_at').notNullable();
    table.string('created_by', 255);
  });

  const now = Date.now();
  await knex('experiments').insert({
    experiment_id: 0,
    name: 'Default',
    artifact_location: 'mlflow-artifacts:/0',
    lifecycle_stage: 'active',
    creation_time: now,
    last_update_time: now,
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const name of [
    'artifacts',
    'registered_model_aliases',
    'model_version_tags',
    'model_versions',
    'registered_model_tags',
    'registered_models',
    'run_models',
    'logged_model_metrics',
    'logged_model_params',
    'logged_model_tags',
    'logged_models',
    'run_datasets',
    'datasets',
    'latest_metrics',
    'metrics',
    'params',
    'run_tags',
    'runs',
    'experiment_tags',
    'experiments',
  ]) {
    await knex.schema.dropTable(name);
  }
};

/** @param {import('knex').Knex.CreateTableBuilder} table */
function runReference(table) {
  table
    .string('run_id', 64)
    .notNullable()
    .references('runs.run_id')
    .onDelete('CASCADE');
}

/** @param {import('knex').Knex.CreateTableBuilder} table */
function modelReference(table) {
  table
    .string('model_id', 64)
    .notNullable()
    .references('logged_models.model_id')
    .onDelete('CASCADE');
}

/** @param {import('knex').Knex.CreateTableBuilder} table */
function registeredReference(table) {
  table
    .string('name', 256)
    .notNullable()
    .references('registered_models.name')
    .onDelete('CASCADE')
    .onUpdate('CASCADE');
}
