-- expect: column-type-change 8
create type "Status" as enum ('a', 'b');
create table "Order" (id int primary key, s "Status");
-- migration
-- AlterEnum, as Prisma writes it
BEGIN;
CREATE TYPE "Status_new" AS ENUM ('a');
ALTER TABLE "Order" ALTER COLUMN "s" TYPE "Status_new" USING ("s"::text::"Status_new");
ALTER TYPE "Status" RENAME TO "Status_old";
ALTER TYPE "Status_new" RENAME TO "Status";
DROP TYPE "Status_old";
COMMIT;
