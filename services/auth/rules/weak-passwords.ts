/**
 * What is tried first beyond the lists of stolen passwords, which are mostly English: French words,
 * keyboards, seasons, and the words of this trade and product. A rule about kinds of characters
 * would only turn `password` into `Password1!`.
 */
const ours = new Set(`
12345678 123456789 1234567890 12345678910 0123456789 0987654321 987654321 87654321 11223344
1122334455 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc 2wsx3edc zaq12wsx zaq1zaq1 qazwsxedc qwertyui
qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertz123 azertyuiop azerty123 asdfghjk
asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 abcd1234 abc12345 abcdefgh abcdefghi a1b2c3d4 aa123456
a1234567 a12345678 a123456789 123456789a 12341234 12344321 123123123 123321123 147258369 159357456
741852963 password password1 password12 password123 password1234 passw0rd passw0rd1 p@ssw0rd
p@ssword pa55word pa55w0rd password! password1! mypassword newpassword motdepasse motdepasse1
iloveyou iloveyou1 iloveyou2 jetaime1 loulou123 doudou123 chouchou chocolat princess princess1
sunshine sunshine1 football football1 baseball baseball1 basketball superman superman1 batman123
spiderman starwars pokemon1 pokemon123 dragon123 monkey123 letmein1 letmein123 welcome1 welcome12
welcome123 bienvenue trustno1 whatever computer internet samsung1 michelle jennifer jonathan
jessica1 michael1 charlie1 liverpool liverpool1 chelsea1 arsenal1 manchester barcelona realmadrid
marseille marseille13 parissg75 victoria alexandre alexander christine nicolas1 caroline
admin123 admin1234 administrator changeme changeme1 changeme123 default1 guest123 root1234 test1234
test12345 testtest testing123 secret123 access14 master123 shadow123 hello123 hellohello bonjour1
bonjour123 blink182 lovelove loveyou1 babygirl babygirl1 butterfly elephant midnight november
december september summer2024 summer2025 summer2026 winter2024 winter2025 winter2026 spring2025
autumn2025 tickets1 tickets123 ticketing concert1 fermata1 fermata123
`.trim().split(/\s+/))

const is_one_character = /^(.)\1*$/us

export interface Owner { email: string, username: string }

/**
 * Why a password is too easy to guess, as a sentence; null when nothing speaks against it.
 * @param stolen passwords that are often met in stolen lists, in lower case
 */
export function whyWeak (
  password: string, owner: Owner, stolen: ReadonlySet<string>
): string | null {
  const plain = password.normalize('NFKC').trim().toLowerCase()
  if ([...plain].length < 8) return 'It needs eight characters or more.'
  if (ours.has(plain) || stolen.has(plain)) return 'It is among the passwords that are tried first.'
  if (is_one_character.test(plain)) return 'It repeats a single character.'
  const known = [owner.email, owner.email.split('@')[0] ?? '', owner.username]
  if (known.some(part => part.trim().toLowerCase() === plain)) {
    return 'It is your name or your email.'
  }
  return null
}
