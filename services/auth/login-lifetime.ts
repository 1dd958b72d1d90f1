/** A login ends after a month without use, and after three months in any case. */
export const login_lifetime = { unused_days: 30, total_days: 90 }
