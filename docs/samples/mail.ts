/** What the samples in the documentation import: something that sends mail. */
import { nodemailerSender } from 'crudauth/nodemailer'

export const sender = nodemailerSender({
  from: 'Shop <no-reply@shop.example>',
  transport: 'smtp://localhost:1025',
})
