import type { Category } from '@fermata/contracts/events'

/** The events of the demo. All places, organisers and people are invented. */

export interface DemoTicketType {
  name: string, price_minor: number, capacity: number, description?: string, max_per_order?: number
  /** Days from now, for a sale that has not begun. */
  sales_start_days?: number
}

export interface DemoEvent {
  key: string
  /** Name of the organiser; the demo's event creator is a member of each. */
  organizer: string
  title: string
  description: string
  category: Category
  venue: { name: string, address: string, city: string, country: string }
  timezone: string
  currency: string
  /** Days from today, and the local hour at which it starts. */
  in_days: number
  starts: string
  hours: number
  ticket_types: DemoTicketType[]
  /** One pool that all ticket types draw from. */
  ticket_capacity?: number
  state?: 'draft' | 'canceled' | 'past' | 'sold_out'
}

export const demoEvents: DemoEvent[] = [
  {
    key: 'school-play', organizer: 'Linden School', title: 'A Midsummer Night’s Dream', category: 'school', currency: 'EUR', timezone: 'Europe/Paris',
    in_days: 19, starts: '19:00', hours: 2, ticket_capacity: 80,
    venue: { name: 'Assembly hall, Linden School', address: '4 rue des Tilleuls', city: 'Grenoble', country: 'FR' },
    description: 'Year 9 plays Shakespeare among cardboard trees and very real fog.\n\nThe hall has eighty seats. Pupils and their families come free, everyone else helps to pay for the costumes. Lemonade in the interval.',
    ticket_types: [
      { name: 'Family of the cast', price_minor: 0, capacity: 50, max_per_order: 4, description: 'Free, four to a family.' },
      { name: 'Supporter', price_minor: 800, capacity: 40, description: 'Pays for one costume.' },
    ],
  },
  {
    key: 'stadium', organizer: 'Northern Lights Touring', title: 'Northern Lights — The Stadium Night', category: 'music', currency: 'GBP', timezone: 'Europe/London',
    in_days: 96, starts: '19:30', hours: 3.5,
    venue: { name: 'Calder Park Stadium', address: 'Calder Way', city: 'Manchester', country: 'GB' },
    description: 'The one night of the tour under an open roof: forty musicians, a stage in the round and light as far as the last row.\n\nDoors at 17:00. Bags up to A4. Sign language interpretation by the east screen.',
    ticket_types: [
      { name: 'Pitch standing', price_minor: 6500, capacity: 20_000, max_per_order: 6 },
      { name: 'Lower tier', price_minor: 8900, capacity: 18_000, max_per_order: 6 },
      { name: 'Upper tier', price_minor: 4900, capacity: 11_500, max_per_order: 6 },
      { name: 'Wheelchair and companion', price_minor: 4900, capacity: 500, max_per_order: 2, description: 'Level access, companion included in the pair.' },
    ],
  },
  {
    key: 'quartet', organizer: 'Lantern Lane Presents', title: 'The Calloway Quartet: Late Beethoven', category: 'music', currency: 'EUR', timezone: 'Europe/Vienna',
    in_days: 33, starts: '19:30', hours: 2,
    venue: { name: 'Kleiner Saal am Fluss', address: 'Uferstraße 12', city: 'Vienna', country: 'AT' },
    description: 'Opus 131 in one breath, after the interval the Great Fugue. Two hundred seats, no amplification, phones asleep.',
    ticket_types: [
      { name: 'Stalls', price_minor: 4200, capacity: 140 },
      { name: 'Gallery', price_minor: 2600, capacity: 60 },
      { name: 'Under 26', price_minor: 1200, capacity: 40, description: 'With proof of age at the door.' },
    ],
  },
  {
    key: 'comedy', organizer: 'The Copper Lantern', title: 'Polite Disasters', category: 'comedy', currency: 'USD', timezone: 'America/New_York',
    in_days: 12, starts: '20:00', hours: 1.75,
    venue: { name: 'The Copper Lantern', address: '218 Mercer Lane', city: 'New York', country: 'US' },
    description: 'Mara Ellison tells the truth about open-plan offices, slow lifts and the email that was sent to everyone. Two-drink minimum, zero-heckle tolerance.',
    ticket_types: [
      { name: 'Table seat', price_minor: 3200, capacity: 90 },
      { name: 'Bar stool', price_minor: 2200, capacity: 30 },
    ],
  },
  {
    key: 'taiko', organizer: 'Lantern Lane Presents', title: 'Thunder of the Valley: Taiko Night', category: 'music', currency: 'JPY', timezone: 'Asia/Tokyo',
    in_days: 41, starts: '18:30', hours: 2,
    venue: { name: 'Minami Civic Hall', address: '3-9 Minami-dori', city: 'Kyoto', country: 'JP' },
    description: 'Sixteen drums, one heartbeat. The ensemble from the Minami valley plays its harvest cycle for the first time outside the village.',
    ticket_types: [
      { name: 'S seat', price_minor: 7800, capacity: 300 },
      { name: 'A seat', price_minor: 5200, capacity: 500 },
      { name: 'Student', price_minor: 2500, capacity: 100 },
    ],
  },
  {
    key: 'oud', organizer: 'Lantern Lane Presents', title: 'Oud by the Sea', category: 'music', currency: 'KWD', timezone: 'Asia/Kuwait',
    in_days: 27, starts: '20:30', hours: 2,
    venue: { name: 'Pearl Terrace', address: 'Gulf Road 77', city: 'Kuwait City', country: 'KW' },
    description: 'Songs for a warm evening: Samir Haddan and his trio play old maqams and new ones, with the tide keeping time.',
    ticket_types: [
      { name: 'Front terrace', price_minor: 18_500, capacity: 80 },
      { name: 'Terrace', price_minor: 9_750, capacity: 220 },
    ],
  },
  {
    key: 'derby', organizer: 'Millbrook Rovers', title: 'City Derby: Rovers v. Athletic', category: 'sports', currency: 'GBP', timezone: 'Europe/London',
    in_days: 55, starts: '15:00', hours: 2,
    venue: { name: 'Millbrook Ground', address: 'Canal Street', city: 'Leeds', country: 'GB' },
    description: 'The hundred-and-third meeting of two clubs that agree on nothing but the date. Family stand without alcohol.',
    ticket_types: [
      { name: 'Home end', price_minor: 2800, capacity: 6000 },
      { name: 'Away end', price_minor: 2800, capacity: 2000 },
      { name: 'Family stand, adult', price_minor: 2400, capacity: 1500 },
      { name: 'Family stand, child', price_minor: 900, capacity: 1500 },
    ],
  },
  {
    key: 'film', organizer: 'Kino Kronprinz', title: 'Silent Film, Live Score: The Lighthouse Keeper', category: 'film', currency: 'EUR', timezone: 'Europe/Berlin',
    in_days: 24, starts: '20:15', hours: 2,
    venue: { name: 'Kino Kronprinz', address: 'Lindenallee 3', city: 'Berlin', country: 'DE' },
    description: 'A restored print from 1926, a theremin, a harmonium and a foley table: the orchestra pit is open and so are your eyes.',
    ticket_types: [
      { name: 'Parquet', price_minor: 1800, capacity: 180 },
      { name: 'Balcony', price_minor: 2200, capacity: 70 },
    ],
  },
  {
    key: 'talk', organizer: 'Casa das Vozes', title: 'How Cities Sound', category: 'talk', currency: 'EUR', timezone: 'Europe/Lisbon',
    in_days: 15, starts: '18:00', hours: 1.5,
    venue: { name: 'Casa das Vozes', address: 'Rua do Farol 21', city: 'Lisbon', country: 'PT' },
    description: 'Urban planner Inês Valadão plays recordings of ten streets and asks what we would hear if the cars were gone. A free evening; please give your seat back if you cannot come.',
    ticket_types: [{ name: 'Free seat', price_minor: 0, capacity: 120, max_per_order: 2 }],
  },
  {
    key: 'festival', organizer: 'Riverlight Festival', title: 'Riverlight Festival', category: 'festival', currency: 'EUR', timezone: 'Europe/Brussels',
    in_days: 140, starts: '14:00', hours: 58,
    venue: { name: 'Riverlight Meadows', address: 'Dijkweg', city: 'Ghent', country: 'BE' },
    description: 'Three days, four stages, one river. Camping by the poplars, water for free, and a quiet field for those who need one.\n\nSales open soon; the date is on each ticket.',
    ticket_types: [
      { name: 'Three days', price_minor: 18_900, capacity: 9000, sales_start_days: 9 },
      { name: 'Saturday', price_minor: 8_900, capacity: 4000, sales_start_days: 9 },
      { name: 'Camping place', price_minor: 3_500, capacity: 3000, sales_start_days: 9, max_per_order: 2 },
    ],
  },
  {
    key: 'puppets', organizer: 'Paper Moon Theatre', title: 'The Fox Who Counted Stars', category: 'family', currency: 'USD', timezone: 'America/Chicago',
    in_days: 8, starts: '11:00', hours: 1,
    venue: { name: 'Paper Moon Theatre', address: '50 Willow Street', city: 'Chicago', country: 'US' },
    description: 'Puppets for everyone from three years on. Forty minutes of story, twenty to meet the fox.',
    ticket_types: [
      { name: 'Child', price_minor: 900, capacity: 60 },
      { name: 'Adult', price_minor: 1400, capacity: 60 },
    ],
    ticket_capacity: 90,
  },
  {
    key: 'ballet', organizer: 'Teatro della Luna', title: 'Swan Lake in One Act', category: 'theatre', currency: 'EUR', timezone: 'Europe/Rome',
    in_days: 5, starts: '20:30', hours: 1.5, state: 'sold_out',
    venue: { name: 'Teatro della Luna', address: 'Via dei Gelsi 8', city: 'Bologna', country: 'IT' },
    description: 'Eight dancers, one lake, no interval. The chamber version that has been sold out since spring.',
    ticket_types: [{ name: 'Seat', price_minor: 2900, capacity: 24, max_per_order: 6 }],
  },
  {
    key: 'opera', organizer: 'Lantern Lane Presents', title: 'Garden Opera: The Barber of Seville', category: 'theatre', currency: 'EUR', timezone: 'Europe/Madrid',
    in_days: 48, starts: '21:00', hours: 3, state: 'canceled',
    venue: { name: 'Jardín de los Naranjos', address: 'Paseo del Agua 2', city: 'Valencia', country: 'ES' },
    description: 'An evening among orange trees. Bring a shawl.',
    ticket_types: [{ name: 'Garden chair', price_minor: 5600, capacity: 240 }],
  },
  {
    key: 'spring-gala', organizer: 'Lantern Lane Presents', title: 'Spring Gala (working title)', category: 'music', currency: 'EUR', timezone: 'Europe/Paris',
    in_days: 170, starts: '19:00', hours: 3, state: 'draft',
    venue: { name: 'Maison du Quai', address: '15 quai des Brumes', city: 'Lyon', country: 'FR' },
    description: 'Programme to be announced. This is a draft that only its organiser sees.',
    ticket_types: [{ name: 'Early bird', price_minor: 3900, capacity: 400 }],
  },
  {
    key: 'autumn-concert', organizer: 'Town Choir of Annecy', title: 'Autumn Concert of the Town Choir', category: 'music', currency: 'EUR', timezone: 'Europe/Paris',
    in_days: -20, starts: '18:00', hours: 2, state: 'past',
    venue: { name: 'Église Saint-Amand', address: 'Place du Marché', city: 'Annecy', country: 'FR' },
    description: 'Fauré, Rutter and a new piece by the choirmaster. Thank you to everyone who came.',
    ticket_types: [
      { name: 'Nave', price_minor: 1500, capacity: 260 },
      { name: 'Side aisle', price_minor: 900, capacity: 120 },
    ],
  },
]

/** Who bought out the ballet. */
export const demoGuests = ['Bo Example', 'Cleo Example', 'Dag Example', 'Edda Example']

/** What the demo's buyer, user@example.com, has bought; each is paid with the simulated card. */
export const demoPurchases: { event: string, items: Record<string, number> }[] = [
  { event: 'autumn-concert', items: { Nave: 2 } },
  { event: 'comedy', items: { 'Table seat': 2 } },
  { event: 'quartet', items: { Stalls: 1, 'Under 26': 1 } },
  { event: 'school-play', items: { 'Family of the cast': 3 } },
]
