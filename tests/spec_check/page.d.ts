// The pay page's script as the compiler sees it: what is checked is what it asks of Stripe.js and reads from it.
import type { StripeConstructor } from "@stripe/stripe-js";

declare global {
  interface Window {
    Stripe: StripeConstructor;
  }
  // The page's own elements are looked at by the journeys, in a browser.
  interface Document {
    getElementById(id: string): any;
  }
  interface ParentNode {
    querySelector(selectors: string): any;
    querySelectorAll(selectors: string): any;
  }
  interface EventTarget {
    name?: any;
  }
}
