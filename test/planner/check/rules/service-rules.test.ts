import { SERVICE_RULES } from '../../../../planner/check/rules/service-rules.ts';
import { describeRules } from './rule-cases.ts';

describeRules('rules of service', SERVICE_RULES, [
  {
    // 0.999 ^ 20.
    rule: 'per-interaction',
    wrong: {
      interaction: { turns: 10, callsPerTurn: 2 },
      targets: [{ metric: 'availability', per: 'call', target: 0.999, perInteraction: 0.999 }],
    },
    corrected: [0.98019, 0.98019],
    right: {
      interaction: { turns: 10, callsPerTurn: 2 },
      targets: [{ metric: 'availability', per: 'call', target: 0.999, perInteraction: 0.98 }],
    },
  },
  {
    rule: 'layers-in-series',
    wrong: {
      tiers: [
        { id: 'a', availabilityRatio: 0.999 },
        { id: 'b', availabilityRatio: 0.998 },
      ],
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
    },
    corrected: [0.997, 0.997],
    right: {
      tiers: [
        { id: 'a', availabilityRatio: 0.9999 },
        { id: 'b', availabilityRatio: 0.9995 },
      ],
      targets: [{ metric: 'availability', per: 'time', target: 0.999 }],
    },
  },
  {
    rule: 'alerts',
    wrong: { targets: [{ metric: 'escalation', target: 0.2, alert: 0.1 }] },
    corrected: [0.2, 0.2],
    right: { targets: [{ metric: 'escalation', target: 0.2, alert: 0.3 }] },
  },
  {
    rule: 'alerts',
    wrong: { targets: [{ metric: 'errors', target: { atMost: 0.001 }, alert: 0.01 }] },
    corrected: [0, 0.001],
    right: { targets: [{ metric: 'errors', target: { atMost: 0.001 }, alert: 0.002 }] },
  },
  {
    rule: 'incidents',
    wrong: {
      targets: [{ metric: 'availability', per: 'time', target: 0.9999 }],
      incidents: [{ severity: 'critical', responseMin: 60 }],
    },
    corrected: [0, 4.38],
    right: {
      targets: [{ metric: 'availability', per: 'time', target: 0.9999 }],
      incidents: [{ severity: 'critical', responseMin: 4 }],
    },
  },
  {
    rule: 'always-up',
    wrong: {
      principles: { alwaysAvailable: true },
      targets: [{ metric: 'availability', per: 'time', target: 0.995 }],
    },
    corrected: [0.995, 0.995],
    right: { targets: [{ metric: 'availability', per: 'time', target: 0.995 }] },
  },
]);
