export function drawArtwork (event: { id: string, title: string, category: string }, format: 'card' | 'wide'): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${format === 'card' ? 800 : 1200} 1000"><title>${event.category}</title></svg>`
}
