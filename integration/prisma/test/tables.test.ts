/**
 * Every real table through the whole way, over Prisma: the suite is that of Drizzle and Kysely, and
 * this project has the packages that the pasted code needs.
 */
import '../../../test/tables/whole-way.test.ts'
