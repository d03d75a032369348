// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  /** @param {import('knex').Knex.CreateTableBuilder} table */
  const leased = table => {
    table
      .string('next_reconcile_at')
      .nullable()
      .index()
      .comment('When to look at it again, ISO 8601; null for never');
    table.string('ticket').nullable().comment('Who holds the lease');
  };

  await knex.schema.createTable('sweeps', table => {
    table.comment('What is looked for from time to time: versions, endpoints');
    table.string('id').primary();
    leased(table);
  });

  await knex.schema.createTable('baselines', table => {
    table.comment('What a model version is compared with; frozen once ready');
    table.string('id').primary().comment('default/tumour-malignancy@7');
    table.string('model_ref').notNullable().index();
    table.integer('version').notNullable();
    table.string('state').notNullable().comment('pending, ready or failed');
    table.text('message').notNullable().comment('One sentence for a person');
    table.string('dataset_ref').nullable();
    table.bigInteger('rows').nullable();
    table.text('columns').notNullable().comment('JSON: BaselineColumn[]');
    table.integer('attempts').notNullable().defaultTo(0);
    table.string('created_at').notNullable();
    table.string('ready_at').nullable();
    leased(table);
  });

  await knex.schema.createTable('monitors', table => {
    table.comment('The watch over one model with an endpoint');
    table.string('id').primary().comment('The ref of the model');
    table.string('namespace').notNullable();
    table.string('name').notNullable();
    table.string('owner').nullable().comment('As the endpoint says it');
    table.integer('version').nullable().comment('The version in production');
    table.string('status').notNullable();
    table.text('message').notNullable();
    table
      .string('covered_until')
      .nullable()
      .comment('Predictions up to here are in a window with a verdict');
    table.string('closed_at').nullable().comment('When a window last closed');
    table.string('latest_window_id').nullable();
    table.string('open_episode_id').nullable();
    table
      .integer('revision')
      .notNullable()
      .defaultTo(0)
      .comment('Rises with every window: two writers cannot both close one');
    table.string('created_at').notNullable();
    leased(table);
  });

  await knex.schema.createTable('windows', table => {
    table.comment(
      'A stretch of the prediction log, compared with the baseline',
    );
    table.string('id').primary();
    table.string('model_ref').notNullable();
    table.integer('version').notNullable();
    table.string('from_at').nullable();
    table.string('to_at').nullable();
    table.bigInteger('rows').notNullable();
    table.string('status').notNullable();
    table.text('message').notNullable();
    table.string('trigger').notNullable().comment('schedule or request');
    table.double('max_psi').nullable();
    table.string('max_column').nullable();
    table.text('drifted_columns').notNullable().comment('JSON: string[]');
    table.double('epsilon').notNullable();
    table.text('columns').notNullable().comment('JSON: ColumnDrift[]');
    table.string('created_at').notNullable();
    table.index(['model_ref', 'created_at']);
  });

  await knex.schema.createTable('episodes', table => {
    table.comment('A time during which a model is away from its baseline');
    table.string('id').primary();
    table.string('model_ref').notNullable().index();
    table.integer('version').notNullable();
    table.string('status').notNullable().comment('warning or drift: the worst');
    table.text('columns').notNullable().comment('JSON: string[]');
    table.string('since').notNullable();
    table.string('closed_at').nullable();
    table.text('closed_because').nullable();
    table
      .string('window_id')
      .notNullable()
      .comment('The window that opened it');
    table
      .string('announced_status')
      .nullable()
      .comment('What the owners were told; null until they were');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of [
    'episodes',
    'windows',
    'monitors',
    'baselines',
    'sweeps',
  ]) {
    await knex.schema.dropTable(table);
  }
};
