/**
 * The decisions of the telecom service desk. `handle` is called once all required slots of an intent are filled, and
 * again whenever a slot that it asked for is. It sees JSON and returns JSON; see docs/dialog.md.
 */

/** EXAMPLE DATA. A real desk asks its billing system before the turn and passes the facts in; nothing here is real. */
const EXAMPLE_CUSTOMERS = {
  NL100001: {
    plan: 'basic',
    lastBillUsd: '31.50',
    previousBillUsd: '19.00',
    extra: '$12.50 for calls abroad',
    years: 1,
  },
  NL100002: { plan: 'plus', lastBillUsd: '29.00', previousBillUsd: '29.00', extra: '', years: 4 },
  NL900001: {
    plan: 'max',
    lastBillUsd: '45.00',
    previousBillUsd: '45.00',
    extra: '',
    years: 12,
    isVip: true,
  },
};
const EXAMPLE_OUTAGES = { 10115: 'today at 18:00', 20095: 'tomorrow at 09:00' };
const EXAMPLE_PLANS = { basic: 'Basic at $19.00', plus: 'Plus at $29.00', max: 'Max at $45.00' };

const customerOf = (account) => EXAMPLE_CUSTOMERS[String(account).toUpperCase().replace('-', '')];

const UNKNOWN_ACCOUNT = {
  answer: 'I find no contract under {account}. Please check the number and tell me again.',
  ask: 'account',
  clear: ['account'],
};

function billing({ slots }) {
  const customer = customerOf(slots.account);
  const { lastBillUsd, previousBillUsd, extra } = customer;
  if (extra === '') {
    return {
      answer: `Your last bill was $${lastBillUsd}, the same as the one before. It is due within 14 days.`,
    };
  }
  return {
    answer: `Your last bill was $${lastBillUsd}, after $${previousBillUsd} the month before. The difference is ${extra}.`,
  };
}

function outage({ slots }) {
  const until = EXAMPLE_OUTAGES[slots.postcode];
  if (until !== undefined) {
    return {
      answer: `There is a known outage in ${slots.postcode}. We expect it to be repaired by ${until}. I am sorry for the trouble.`,
      clear: ['postcode', 'restarted'],
    };
  }
  if (slots.restarted === undefined) {
    return {
      answer: `I know of no outage in ${slots.postcode}. Have you restarted your router since it began?`,
      ask: 'restarted',
    };
  }
  if (slots.restarted) {
    return {
      escalate: {
        reasonCode: 'technician_needed',
        answer: 'Then a technician has to look at the line. A colleague makes the appointment with you now.',
      },
    };
  }
  return {
    answer:
      'Please unplug the router for 30 seconds and write to me again if the connection does not come back within five minutes.',
    clear: ['postcode', 'restarted'],
  };
}

function planChange({ slots }) {
  const customer = customerOf(slots.account);
  if (customer.plan === slots.plan) {
    return {
      answer: `You are on ${EXAMPLE_PLANS[slots.plan]} already. Which other plan would you like?`,
      ask: 'plan',
      clear: ['plan'],
    };
  }
  if (slots.confirmed === undefined) {
    return {
      answer: `I can change ${EXAMPLE_PLANS[customer.plan]} to ${EXAMPLE_PLANS[slots.plan]} a month, from the 1st of next month. Shall I do that?`,
      ask: 'confirmed',
    };
  }
  const clear = ['plan', 'confirmed'];
  if (!slots.confirmed) return { answer: 'All right, your plan stays as it is.', clear };
  console.log('plan change', customer.plan, slots.plan);
  return {
    answer: `Done. From the 1st of next month your plan is ${EXAMPLE_PLANS[slots.plan]} a month.`,
    clear,
  };
}

/** What a customer is offered for staying; a move is no reason to bargain. */
function offerFor(customer, reason) {
  if (reason === 'price')
    return customer.years >= 3 ? 'a discount of 25 % for twelve months' : 'a discount of 10 % for six months';
  if (reason === 'quality') return 'a new router free of charge and a check of your line';
  return undefined;
}

function cancellation({ slots, memory }) {
  const customer = customerOf(slots.account);
  const clear = ['reason', 'stays'];
  const offer = offerFor(customer, slots.reason);
  if (slots.stays === undefined && offer !== undefined) {
    return {
      answer: `Before you go, I can offer you ${offer} if you stay. Would you like that?`,
      ask: 'stays',
      memory: { offer },
    };
  }
  if (slots.stays) {
    console.log('kept', slots.reason, memory.offer);
    return {
      answer: `I am glad that you stay. You get ${memory.offer}, and we confirm it in writing.`,
      clear,
    };
  }
  console.log('cancelled', slots.reason);
  return {
    answer:
      'I have noted your cancellation. Your contract ends at the end of next month, and we confirm it in writing. Thank you for the time with us.',
    clear,
  };
}

const HANDLERS = { billing_question: billing, outage, plan_change: planChange, cancellation };

// biome-ignore lint/correctness/noUnusedVariables: called by the gateway
function handle(input) {
  const { intent, slots } = input;
  if (slots.account !== undefined && intent !== 'outage') {
    const customer = customerOf(slots.account);
    if (customer === undefined) return UNKNOWN_ACCOUNT;
    if (customer.isVip) {
      return {
        escalate: {
          reasonCode: 'vip_customer',
          answer: 'Your personal adviser takes over from here and sees what we wrote.',
        },
      };
    }
  }
  return HANDLERS[intent](input);
}
