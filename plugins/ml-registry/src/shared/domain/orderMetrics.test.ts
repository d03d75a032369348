import { orderMetrics } from './orderMetrics';

const metrics = {
  'system/cpu': 4,
  curve_loss: 0.1,
  train_auc: 0.99,
  val_accuracy: 0.9,
  val_auc: 0.97,
  test_auc: 0.96,
};

describe('the order of metrics', () => {
  it('has held-out data before validation, and training last', () => {
    expect(orderMetrics(metrics).map(([name]) => name)).toEqual([
      'test_auc',
      'val_accuracy',
      'val_auc',
      'curve_loss',
      'system/cpu',
      'train_auc',
    ]);
  });

  it('begins with the metric the model is judged by', () => {
    expect(orderMetrics(metrics, 'train_auc')[0]).toEqual(['train_auc', 0.99]);
  });
});
