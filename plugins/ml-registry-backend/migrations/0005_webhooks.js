// @ts-check

/**
 * Webhooks, and what is on its way to them. A delivery is written in the
 * transaction of the change it tells of, so none is lost to a crash.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('webhooks', table => {
    table.comment('Receivers of changes');
    table.string('id', 64).primary();
    table.string('name', 63).notNullable();
    table.text('url').notNullable();
    table.text('description');
    table.text('events').notNullable().comment('JSON list of entity.action');
    table
      .string('model', 300)
      .comment(
        'Only changes of this model; null: of all; deleted/<name>: none',
      );
    table.string('status', 20).notNullable().comment('ACTIVE or DISABLED');
    table
      .text('secret')
      .comment('Sealed with AES-256-GCM; null: deliveries are not signed');
    table.string('created_by', 255).notNullable();
    table.bigInteger('created_at').notNullable().comment('Milliseconds');
    table.bigInteger('updated_at').notNullable().comment('Milliseconds');
    table.index(['status'], 'webhooks_status_idx');
  });
  await knex.schema.createTable('webhook_deliveries', table => {
    table.comment('The outbox: one event on its way to one webhook');
    table.increments('id').comment('The order of events');
    table
      .string('delivery_id', 64)
      .notNullable()
      .unique()
      .comment('Told to the receiver, the same at every attempt');
    table
      .string('webhook_id', 64)
      .notNullable()
      .references('webhooks.id')
      .onDelete('CASCADE');
    table.string('event', 64).notNullable();
    table.string('model', 256).comment('Name when it happened');
    table.text('payload').notNullable().comment('JSON, as it is sent');
    table
      .string('state', 20)
      .notNullable()
      .comment('pending, delivered, failed');
    table.integer('attempts').notNullable().defaultTo(0);
    table.integer('response_status');
    table.text('reason').comment('Why it failed or waits');
    table.string('created_at', 30).notNullable();
    table.string('delivered_at', 30);
    table.string('next_reconcile_at', 30).comment('Null: nothing to do');
    table.string('ticket', 36).comment('Of the last lease');
    table.index(['next_reconcile_at'], 'webhook_deliveries_due_idx');
    table.index(['webhook_id', 'id'], 'webhook_deliveries_order_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('webhook_deliveries');
  await knex.schema.dropTable('webhooks');
};
