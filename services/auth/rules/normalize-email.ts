/** One spelling for each address: mail servers that tell letters by case are a curiosity. */
export const normalizeEmail = (email: string) => email.trim().toLowerCase()
