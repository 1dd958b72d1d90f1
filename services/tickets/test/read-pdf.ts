import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createCanvas, loadImage, type Canvas } from '@napi-rs/canvas'
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'

const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))
// The library would fetch this from the network.
prepareZXingModule({
  overrides: {
    wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length),
  },
})

interface Picture { data: Uint8ClampedArray, width: number, height: number }

export interface ReadPage { text: string, picture: Picture, width_pt: number, height_pt: number }

/**
 * The pages of a PDF as a reader shows them: their text, and their picture at 144 dots per inch.
 */
export async function readPdf (bytes: Uint8Array): Promise<ReadPage[]> {
  const document = await getDocument({
    data: Uint8Array.from(bytes), verbosity: 0, disableFontFace: true,
  }).promise
  const pages: ReadPage[] = []
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number)
    const content = await page.getTextContent()
    const text = content.items.map(item => 'str' in item ? item.str : '').join(' ').replace(/\s+/g, ' ')
    const viewport = page.getViewport({ scale: 2 })
    const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height))
    await page.render({
      canvas: canvas, canvasContext: canvas.getContext('2d') as never, viewport,
    }).promise
    pages.push({
      text, picture: pictureOf(canvas), width_pt: viewport.width / 2,
      height_pt: viewport.height / 2,
    })
  }
  await document.loadingTask.destroy()
  return pages
}

function pictureOf (canvas: Canvas): Picture {
  const { data, width, height } = canvas.getContext('2d').getImageData(
    0, 0, canvas.width, canvas.height
  )
  return { data, width, height }
}

/** An SVG as it looks on a page of some colour, scaled to a width. */
export async function drawSvg (svg: Buffer, width: number, background: string): Promise<Picture> {
  const image = await loadImage(svg)
  const canvas = createCanvas(width + 40, width + 40)
  const context = canvas.getContext('2d')
  context.fillStyle = background
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, 20, 20, width, width)
  return pictureOf(canvas)
}

/** The picture without its colours, as a laser printer sees it. */
export function inGrey ({ data, width, height }: Picture): Picture {
  const grey = Uint8ClampedArray.from(data)
  for (let at = 0; at < grey.length; at += 4) {
    grey.fill(
      Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!), at, at + 3
    )
  }
  return { data: grey, width, height }
}

export interface ReadQr { text: string, width_px: number }

/** The QR codes in a picture, as a scanner reads them. */
export async function readQrCodes (picture: Picture): Promise<ReadQr[]> {
  const results = await readBarcodes(picture, { formats: ['QRCode'] })
  return results.map(
    ({ text, position }) => ({ text, width_px: position.topRight.x - position.topLeft.x })
  )
}
