-- AlterEnum
ALTER TYPE "order_status" ADD VALUE 'RETURNED';

-- AlterTable
ALTER TABLE "orders" ADD COLUMN "returned_at" TIMESTAMPTZ(3);
